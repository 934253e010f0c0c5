"""The article's recipe: a frozen backbone, cross-entropy and a triplet margin loss behind it."""
