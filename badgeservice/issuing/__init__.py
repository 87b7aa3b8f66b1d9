"""The badge itself: register, signing, status lists, hosting, revocation, audit."""
