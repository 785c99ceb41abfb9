"""Report section: working memory."""
