package dev.myelin.cli.bench;

import java.time.Duration;

/**
 * A program to compare with.
 *
 * @param path as given; for a Java program its class path
 * @param limit when a process is ended by force
 * @param isa requested instruction set, null for the best one
 */
record PeerProgram(String path, Duration limit, String isa) {}
