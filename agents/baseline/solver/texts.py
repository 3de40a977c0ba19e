"""Features of texts: words and runs of letters, weighted by how rare they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["text_views"]


def text_views(train: pd.DataFrame, test: pd.DataFrame, columns: list[str], left: float) -> dict[str, Any]:
    """Views of texts, train rows followed by test rows: ``text`` (weighted, sparse), ``counts`` (sparse), ``topics``.

    Several columns are joined. `left` is the time in seconds that is left; long corpora go without runs of letters.
    """
    from scipy.sparse import hstack
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    both = pd.concat([train[columns], test[columns]], ignore_index=True).fillna("").astype(str)
    texts = both.agg(" \n ".join, axis=1).tolist() if len(columns) > 1 else both[columns[0]].tolist()
    letters = sum(map(len, texts))
    rare = 2 if len(texts) > 200 else 1
    options: dict[str, Any] = {"sublinear_tf": True, "strip_accents": "unicode", "dtype": np.float32}
    words = TfidfVectorizer(
        ngram_range=(1, 2), min_df=rare, token_pattern=r"\w+|[^\w\s]", max_features=300_000, **options
    )
    parts = [words.fit_transform(texts)]
    if letters < 400_000 * left:
        runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=rare + 1, max_features=300_000, **options)
        parts.append(runs.fit_transform(texts))
    weighted = hstack(parts).tocsr()
    counts = CountVectorizer(ngram_range=(1, 2), min_df=rare, token_pattern=r"\w+|[^\w\s]", max_features=300_000)
    views = {"text": weighted, "counts": counts.fit_transform(texts).tocsr()}
    if letters < 5_000_000:
        topics = TruncatedSVD(min(50, weighted.shape[1] - 1, len(texts) - 1), random_state=0).fit_transform(weighted)
        lengths = np.array([[len(text), text.count(" "), sum(map(str.isupper, text))] for text in texts], dtype=float)
        views["topics"] = np.hstack([topics, np.log1p(lengths)])
    return views
