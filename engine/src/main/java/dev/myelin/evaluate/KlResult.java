package dev.myelin.evaluate;

/**
 * What a comparison found.
 *
 * @param figures means and their errors
 * @param divergences of every prediction, in nats
 * @param deltas Δp of every prediction
 */
public record KlResult(KlFigures figures, Spread divergences, Spread deltas) {}
