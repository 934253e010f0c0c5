"""The loss terms of the default recipe, one file each; `objective.LOSS_TERMS` lists them."""
