/**
 * Files: atomic output, robust input, and identity.
 *
 * <p>{@link dev.myelin.file.OutputFile} is the only way in which Myelin writes a file. {@link
 * dev.myelin.file.FileId} tells whether two paths are the same file.
 */
package dev.myelin.file;
