"""How people learn: modules, quizzes and attempts."""
