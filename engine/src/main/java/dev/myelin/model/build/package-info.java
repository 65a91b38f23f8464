/** What an architecture is built from: its interface, the tensors of a file, the network. */
package dev.myelin.model.build;
