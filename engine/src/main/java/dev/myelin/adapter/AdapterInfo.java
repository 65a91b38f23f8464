package dev.myelin.adapter;

import java.nio.file.Path;

/**
 * A description of an adapter, for display. Immutable and thread-safe.
 *
 * @param file path as given by the caller
 * @param scale scale as given by the caller
 * @param weights number of matrices that the adapter updates
 * @param lowestRank smallest rank of their updates
 * @param highestRank largest rank of their updates
 * @param parameters number of parameters, without norms
 * @param ignoredNorms number of norms in the file, which are ignored, as in llama.cpp
 */
public record AdapterInfo(
    Path file,
    float scale,
    int weights,
    long lowestRank,
    long highestRank,
    long parameters,
    int ignoredNorms) {}
