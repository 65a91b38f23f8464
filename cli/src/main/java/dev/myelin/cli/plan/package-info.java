/** Shows which models fit into memory, and how fast they can be. */
package dev.myelin.cli.plan;
