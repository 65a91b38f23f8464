package dev.myelin.bindings;

/**
 * Provided by the module of each natives jar, so that it is resolved together with this one. The
 * loader reads the jar's resources and never creates an instance.
 */
public interface NativesModule {}
