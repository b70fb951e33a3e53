# Nothing to set up; see /etc/profile.
