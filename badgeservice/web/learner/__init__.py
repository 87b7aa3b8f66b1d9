"""What a person sees of their own: signing in, learning, offers, badges. Nobody else's, ever."""

from __future__ import annotations

from badgeservice.web.learner import account, my_badges, offers, quiz, sign_in, space

BLUEPRINTS = (sign_in.bp, space.bp, quiz.bp, offers.bp, my_badges.bp, account.bp)
