package dev.myelin.adapter;

import java.nio.file.Path;

/**
 * What an adapter is, for display.
 *
 * @param file as it was named
 * @param scale the caller's
 * @param weights how many matrices of the model it changes
 * @param lowestRank the smallest rank among them
 * @param highestRank the largest
 * @param parameters numbers in it, those of norms left out
 * @param ignoredNorms norms that it would replace: left as the model has them, as llama.cpp does
 */
public record AdapterInfo(
    Path file,
    float scale,
    int weights,
    long lowestRank,
    long highestRank,
    long parameters,
    int ignoredNorms) {}
