// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Dense;

/// <summary>
/// The activations of one product, packed once for all rows of the weights, in vectors of 64 bytes: [panel][tile][vector of the panel][token of the tile].
/// Behind the last input and the last token stand zeros.
/// </summary>
internal readonly unsafe record struct TokenPanels(nint Address, int TokenCount, int TileTokens, int VectorCount, int PanelVectors)
{
    public const int VectorBytes = 64;

    /// <summary>For a few tokens: the inputs of a panel that stay in the first-level cache, all tokens together.</summary>
    private const int FewTokenVectors = 256;

    public int TileCount => (TokenCount + TileTokens - 1) / TileTokens;

    public int PanelCount => (VectorCount + PanelVectors - 1) / PanelVectors;

    public long ByteCount => (long)TileCount * TileTokens * VectorCount * VectorBytes;

    /// <summary>How a kernel wants so many tokens of so many inputs; memory comes later.</summary>
    public static TokenPanels For(DenseKernel kernel, int tokenCount, int inputs)
    {
        int vectors = (inputs + DenseKernel.StepInputs - 1) / DenseKernel.StepInputs * kernel.StepVectors;
        bool isFew = tokenCount <= DenseKernel.MostFewTokens;
        int most = isFew ? FewTokenVectors / tokenCount : kernel.PanelVectors;

        // Panels of about the same length, of whole steps.
        int panels = (vectors + most - 1) / most;
        int length = (vectors + panels - 1) / panels;
        length = (length + kernel.StepVectors - 1) / kernel.StepVectors * kernel.StepVectors;
        return new TokenPanels(0, tokenCount, isFew ? tokenCount : DenseKernel.TileTokens, vectors, length);
    }

    /// <summary>Vectors of a panel; the last may be shorter.</summary>
    public int VectorsOf(int panel) => Math.Min(PanelVectors, VectorCount - (panel * PanelVectors));

    /// <summary>Where a tile's vectors of a panel begin.</summary>
    public byte* Tile(int panel, int tile)
        => (byte*)Address + ((((long)panel * PanelVectors * TileCount) + ((long)tile * VectorsOf(panel))) * TileTokens * VectorBytes);
}
