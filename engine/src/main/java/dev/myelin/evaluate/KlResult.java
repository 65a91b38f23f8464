package dev.myelin.evaluate;

/**
 * The result of a comparison. Immutable and thread-safe.
 *
 * @param statistics means and standard errors
 * @param divergences quantiles of the KL divergence of each prediction, in nats
 * @param deltaPs quantiles of Δp of each prediction
 */
public record KlResult(KlStatistics statistics, Quantiles divergences, Quantiles deltaPs) {}
