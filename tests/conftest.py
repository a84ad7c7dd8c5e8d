"""Every test uses the rule book that comes along, whatever the user has made on this machine."""

import os

os.environ["CLAIMCHECK_RULEBOOK"] = "starter"

pytest_plugins = ["pytester"]
