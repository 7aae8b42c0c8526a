// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.PreTokenizers;

/// <summary>Cuts a text into pieces. Implementations are structs, so that the encoder's loop is compiled for each.</summary>
internal interface IPieceScanner
{
    /// <summary>The end of the piece that starts at <paramref name="start"/>, past it.</summary>
    /// <param name="text">Well-formed UTF-8, followed by at least <see cref="ScanSteps.Padding"/> end marks.</param>
    /// <param name="start">A character's first byte, before the end of the text.</param>
    int End(ReadOnlySpan<byte> text, int start);
}
