/** Sequences in files: snapshots of whole sequences, and a cache of pages that processes share. */
@NullMarked
package dev.myelin.snapshot;

import org.jspecify.annotations.NullMarked;
