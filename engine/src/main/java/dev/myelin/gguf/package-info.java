/**
 * Reads and writes GGUF files. Metadata and tensors are read from a read-only mapping.
 *
 * <p>Files are untrusted input. A file is validated when it is opened, so that tensors of an open
 * {@link dev.myelin.gguf.GgufFile} can be passed to native code. Format: ggml's {@code
 * docs/gguf.md}, versions 2 and 3, little endian.
 */
@NullMarked
package dev.myelin.gguf;

import org.jspecify.annotations.NullMarked;
