/**
 * The log and the Flight Recorder events of the library. Without a reader, neither loads a class.
 */
package dev.myelin.diagnostics;
