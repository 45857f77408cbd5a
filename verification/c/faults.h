#ifndef FAULTS_H
#define FAULTS_H

/*
 * Faults that a build with -DFAULTS can plant on purpose: the name of one is the program's argument. The vectors have
 * to catch each of them.
 */
#define FAULT_LIST(X) \
  X(fused_product)           /* one multiply-add of a matrix product is rounded once */ \
  X(bias_last)               /* a bias is added after the products instead of before */ \
  X(sum_from_the_end)        /* the rows of a gradient are added from the last to the first */ \
  X(lanes_in_a_row)          /* the lanes of a sum along a row are joined one after another */ \
  X(exponential_constant)    /* one coefficient of e^x is off by a unit in the last place; so for the next three */ \
  X(logarithm_constant) \
  X(tangent_constant) \
  X(error_constant) \
  X(exponential_above)       /* e^x does not hold x from above; so for the next five bounds */ \
  X(exponential_below) \
  X(expm1_below) \
  X(error_bounds) \
  X(mish_above) \
  X(tanh_gelu_bounds) \
  X(celu_threshold)          /* celu computes negative x however close to 0 */ \
  X(mask_counter)            /* masks are those of the row before */ \
  X(shuffle_word)            /* the shuffle takes the words from the second on */ \
  X(angle_of_normals)        /* normal numbers take the sine where they should take the cosine */ \
  X(span_in_double)          /* the span of uniform numbers is computed before its ends are rounded */ \
  X(one_pass)                /* orthogonal never repeats its projections */ \
  X(first_attempt)           /* orthogonal takes a matrix that is nearly singular */ \
  X(dropped_in_single)       /* what alpha dropout puts for dropped values is computed in float32 */ \
  X(norm_threshold)          /* normalized products count larger norms as 0 */ \
  X(unbiased_rest)           /* batch normalization does not correct its variance by the mean's rounding */ \
  X(statistics_of_update)    /* batch normalization takes the batches of an update as one */ \
  X(one_block)               /* sums over rows are not divided into blocks of 4,096 */ \
  X(smoothing_in_single)     /* the numbers of label smoothing are computed in float32 */ \
  X(validation_not_smoothed) /* a validation has the targets as they are given */ \
  X(balance_in_single)       /* 1 - alpha of a focal loss is computed in float32 */ \
  X(quantile_in_double)      /* q - 1 of the quantile loss is computed in float64 */ \
  X(penalty_in_double)       /* the share of a row in a penalty on values is computed in float64 */ \
  X(penalty_of_batch)        /* a penalty on values is divided by the rows of a batch, not of the update */ \
  X(penalty_terms)           /* the log of a penalty on values adds all its absolute values first */ \
  X(frozen_penalty)          /* the log of penalties counts weights that are not trained */ \
  X(walk_backwards)          /* what a layer reads is met from the last to the first */ \
  X(first_place)             /* gradients of a layer in several places are added from the first place on */ \
  X(last_place)              /* only the last place of a layer has a gradient */ \
  X(statistics_of_place)     /* running statistics move with each place before the next batch of an update */ \
  X(last_loss_first)         /* the loss is summed from the last output to the first */ \
  X(weight_of_loss)          /* deltas are not multiplied by the weight of a loss */ \
  X(first_weights)           /* rows are cleared by the weights for the first output */ \
  X(boundary_before)         /* a boundary is the first update of the next rate */ \
  X(milestone_after)         /* a milestone is the last update of the schedule before */ \
  X(range_of_cycles)         /* expRange decays with the cycles, not with the updates */ \
  X(correction_not_moved)    /* the bias correction of Adam has the momentum of the optimizer */ \
  X(squares_of_row)          /* squared errors are summed by rows; so for the other metrics, one each */ \
  X(rows_once)               /* rows of weighted metrics count once */ \
  X(cut_of_targets)          /* where all targets are yes, the cut of tanh is a half */ \
  X(ties_are_better)         /* classes equal to the target's count against it */ \
  X(absent_classes)          /* classes that do not occur count in an average */ \
  X(one_root)                /* Matthews' correlation has the root of a product */ \
  X(shares_of_one)           /* log loss does not divide by the sum of a row */ \
  X(bins_from_below)         /* a confidence at the end of a bin is in the next one */ \
  X(ties_are_lost)           /* equal scores count nothing in the ROC curve */ \
  X(straight_lines)          /* the points of the precision-recall curve are joined by lines */ \
  X(percent_of_quotients)    /* percentages are multiplied by 100 last */ \
  X(norms_first)             /* a cosine is divided by the product of the norms */ \
  X(mean_before)             /* R2 takes the mean before the row twice */ \
  X(metric_not_smoothed)     /* a loss as a metric has the targets as they are given */ \
  X(matrices_decay)          /* vectors do not decay */ \
  X(decay_in_single)         /* the factor of weight decay is computed in float32 */ \
  X(bias_correction)         /* Adam counts its updates from 0 */ \
  X(epsilon_in_root)         /* Adam adds epsilon under the root */ \
  X(repeated_product)        /* a power is computed product after product */ \
  X(statistics_averaged)     /* running statistics, too, are replaced by an average */ \
  X(loss_in_single)          /* the loss of an epoch is summed in float32 */ \
  X(statistics_of_trials)    /* running statistics move with each loss that an iteration computes */ \
  X(loss_before)             /* the loss in the logs of an iteration is the one before it */ \
  X(penalty_not_minimized)   /* the loss that an iteration lowers is without penalties */ \
  X(dot_in_single)           /* dots of vectors are summed in float32 */ \
  X(step_in_double)          /* the factor of a vector that is added is not rounded to float32 */ \
  X(oldest_first)            /* L-BFGS goes through its pairs from the oldest to the newest first */ \
  X(scale_of_oldest)         /* L-BFGS scales its direction by the oldest pair */ \
  X(curvature_threshold)     /* L-BFGS forgets steps of low curvature */ \
  X(history_kept)            /* L-BFGS does not search again without its history */ \
  X(relative_change)         /* changeTolerance is a share of the loss, be it below 1 or not */ \
  X(full_first_step)         /* the first step is 1 without a history, too */ \
  X(any_decrease)            /* any decrease of the loss is enough */ \
  X(weak_curvature)          /* half of the slope may remain */ \
  X(no_margin)               /* a step between two others may be close to one of them */ \
  X(bisection)               /* it is in the middle between them */ \
  X(no_growth_limit)         /* a step grows by any factor */ \
  X(weight_not_rooted)       /* the Jacobian has the weight of a row where it should have its root */ \
  X(root_in_single)          /* the factor of the Jacobian is rounded to float32 before its division */ \
  X(curvature_in_single)     /* the matrix of Gauss and Newton is summed in float32 */ \
  X(curvature_in_blocks)     /* it is summed in blocks of 4,096 rows */ \
  X(last_row_first)          /* it is summed over the rows from the last to the first */ \
  X(last_column_first)       /* it begins with the last column of an output */ \
  X(last_output_first)       /* it begins with the last output */ \
  X(weight_of_squares)       /* the Jacobian does not have the weight of a loss */ \
  X(weight_in_single)        /* this weight is rounded to float32 */ \
  X(seed_of_first)           /* the Jacobian has the weights of rows of the first output */ \
  X(derivatives_without_loss) /* it has what no loss depends on that counts, and 0 times infinity */ \
  X(last_place_first)        /* its derivatives are summed from the last place of a layer to the first */ \
  X(places_in_single)        /* they are summed in float32 */ \
  X(penalty_without_curvature) /* it does not have the second derivatives of penalties */ \
  X(factor_from_below)       /* the sums of the factor are from the last row to the first */ \
  X(solution_in_single)      /* the solution is rounded to float32 before it is added */ \
  X(scaled_damping)          /* the diagonal is multiplied by 1 + damping, as in Marquardt's paper */ \
  X(damping_in_double)       /* the damping is kept in float64 */ \
  X(no_least_damping)        /* it may become less than 1e-20 */ \
  X(equal_loss)              /* a step that leaves the loss as it is counts */

#endif
