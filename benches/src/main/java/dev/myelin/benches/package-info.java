/** JMH benchmarks of the engine's parts, and checkpoints of random weights to measure with. */
package dev.myelin.benches;
