/**
 * A checkpoint opened as a model, and the registry of architectures. {@code architecture} holds one
 * class for each architecture, {@code layer} what they share.
 */
package dev.myelin.model;
