#!/usr/bin/env python3
"""Makes scores.json: scores of scikit-learn 1.2 for predictions that scores.test.ts makes in the same way."""
import json
import os

import numpy as np
from sklearn.metrics import accuracy_score, balanced_accuracy_score, mean_absolute_error, mean_squared_error, r2_score

i = np.arange(200)
truth, labels = (i * 7) % 3, np.where(i % 5 == 0, (i + i % 2) % 3, (i * 7) % 3)
numbers, predicted = np.sin(i), np.sin(i) + np.cos(i * i) / 4
others, further = np.cos(i) * 100, np.cos(i) * 90
pairs = np.stack([numbers, others], 1), np.stack([predicted, further], 1)
result = {
    'accuracy': accuracy_score(truth, labels),
    'balanced accuracy': balanced_accuracy_score(truth, labels),
    'R²': r2_score(numbers, predicted),
    'RMSE': np.sqrt(mean_squared_error(numbers, predicted)),
    'mean absolute error': mean_absolute_error(numbers, predicted),
    'R² of two targets': r2_score(*pairs),
    'most frequent': np.bincount(truth).max() / len(truth),
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'scores.json')
with open(path, 'w', encoding='utf-8') as file:
    json.dump(result, file, indent=2, ensure_ascii=False)
    file.write('\n')
