from browser_fixtures import *
