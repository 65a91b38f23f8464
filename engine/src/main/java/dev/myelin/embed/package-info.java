/** Vectors of texts, and scores of pairs of texts, by encoders and other models. */
@NullMarked
package dev.myelin.embed;

import org.jspecify.annotations.NullMarked;
