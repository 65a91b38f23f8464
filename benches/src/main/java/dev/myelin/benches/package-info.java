/** JMH benchmarks of the engine, and models with random weights to measure with. */
package dev.myelin.benches;
