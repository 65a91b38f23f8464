package dev.myelin.model.config;

/** Values of {@code rope.scaling.type}. Immutable and thread-safe. */
public enum RopeScaling {
  NONE,
  LINEAR,
  YARN,
  LONGROPE
}
