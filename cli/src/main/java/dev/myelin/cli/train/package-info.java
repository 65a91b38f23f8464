/** Trains models, and writes stories to train them on. */
package dev.myelin.cli.train;
