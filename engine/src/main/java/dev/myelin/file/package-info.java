/**
 * Files that are written: whole or not at all, never in the place of an input.
 *
 * <p>{@link dev.myelin.file.OutputFile} is the only way in which Myelin writes a file; {@link
 * dev.myelin.file.FileId} tells whether two paths are one file.
 */
package dev.myelin.file;
