/**
 * What a model needs before one has it: parameters, bytes and cache at each quantisation, whether
 * that fits a machine, and the speed that its memory allows.
 */
package dev.myelin.plan;
