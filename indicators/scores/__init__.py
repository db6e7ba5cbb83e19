"""From values to scores (M9): leaves, the tree, its error, and the tables made of them."""
