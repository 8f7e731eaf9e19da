from training_fixtures import *
