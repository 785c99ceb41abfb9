"""Tasks: working memory as the Methods of Liu et al. describe it, and the classification of frames."""
