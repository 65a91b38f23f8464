/** Layers that architectures share: linear, norm, attention, feed-forward, experts. */
package dev.myelin.model.layer;
