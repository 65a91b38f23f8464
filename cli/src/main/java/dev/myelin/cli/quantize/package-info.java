/** Quantizes models, and measures the importance of their weights. */
package dev.myelin.cli.quantize;
