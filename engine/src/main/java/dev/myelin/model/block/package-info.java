/** What the architectures share: linear layers, norms, attention and feed-forward networks. */
package dev.myelin.model.block;
