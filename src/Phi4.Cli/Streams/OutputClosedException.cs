// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Streams;

/// <summary>Whoever read standard output has gone away, as <c>head</c> does when it has enough. Not a failure: there is nobody left to write for.</summary>
internal sealed class OutputClosedException(Exception innerException) : IOException("Standard output is closed.", innerException);
