/**
 * The computation of many sequences of a model: who is computed together, by which graphs and
 * threads.
 */
@NullMarked
package dev.myelin.runtime;

import org.jspecify.annotations.NullMarked;
