/**
 * Tokens a second, measured: Myelin alone, or taking turns with another engine on the same file.
 * Nothing here prints; {@link dev.myelin.bench.BenchResult#fields} is what tables are made of.
 */
package dev.myelin.bench;
