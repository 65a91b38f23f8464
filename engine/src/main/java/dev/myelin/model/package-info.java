/**
 * Loaded models, and the registry of architectures. {@code architecture} has one class per
 * architecture, {@code layer} the layers they share.
 */
@NullMarked
package dev.myelin.model;

import org.jspecify.annotations.NullMarked;
