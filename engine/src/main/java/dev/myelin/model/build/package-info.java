/** What an architecture implements and uses: its interface, the tensors of a file, the network. */
package dev.myelin.model.build;
