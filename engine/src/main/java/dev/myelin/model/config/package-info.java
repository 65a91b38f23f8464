/** Hyperparameters of a model, read from the metadata and checked. */
@NullMarked
package dev.myelin.model.config;

import org.jspecify.annotations.NullMarked;
