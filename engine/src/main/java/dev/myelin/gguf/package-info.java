/**
 * GGUF files: metadata and tensors read straight from a read-only mapping, and written.
 *
 * <p>Nothing in a file is trusted. Everything is checked when the file is opened, so that what
 * comes out of {@link dev.myelin.gguf.GgufFile} can be handed to native code. Format: ggml's {@code
 * docs/gguf.md}, versions 2 and 3, little endian.
 */
package dev.myelin.gguf;
