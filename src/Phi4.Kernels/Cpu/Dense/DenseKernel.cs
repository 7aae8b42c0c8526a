// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Dense;

/// <summary>
/// The loops of the linears over one type of weights: C# or machine code. They see 64-byte vectors; what those hold of a step of 32 inputs is each kernel's
/// own affair: one vector of BF16, or two of F32. All add each term to lane (place in the vector) of sixteen, vectors rising.
/// </summary>
internal abstract unsafe class DenseKernel
{
    /// <summary>Inputs taken together; a row counts as if zeros followed it up to a multiple.</summary>
    public const int StepInputs = 32;

    /// <summary>Tokens of a tile when there are many.</summary>
    public const int TileTokens = 4;

    /// <summary>Rows of a tile when there are many tokens.</summary>
    public const int TileRows = 6;

    /// <summary>Floats from the finished sums of one token to those of the next: room for a claim's rows and two more.</summary>
    public const int SumStride = 56;

    /// <summary>Up to this many tokens rows are read where they are stored; from there on packed for all tokens.</summary>
    public const int MostFewTokens = 8;

    /// <summary>Most rows that <see cref="FewTokens"/> goes through side by side.</summary>
    protected const int MostRowsAbreast = 4;

    /// <summary>Vectors that hold a step, of a packed token or row.</summary>
    public abstract int StepVectors { get; }

    /// <summary>Vectors of a row that are multiplied by all tokens before the next: six rows of them stay in a cache.</summary>
    public abstract int PanelVectors { get; }

    /// <summary>Bytes of a stored weight.</summary>
    public abstract int WeightBytes { get; }

    /// <summary>Rows that <see cref="FewTokens"/> takes in one call; null: any number, as one stream, so that nothing need be asked for.</summary>
    public abstract int? FewTokenRows(in TokenPanels tokens);

    /// <summary>One token's steps, each vector <paramref name="stride"/> bytes behind the one before.</summary>
    public abstract void Pack(float* inputs, int stepCount, byte* destination, nint stride);

    /// <summary>Stored rows to a panel: [vector][6 rows].</summary>
    public abstract void Widen(in StoredRows rows, int stepCount, byte* panel);

    /// <summary>Six rows of a panel times tiles of four tokens.</summary>
    public abstract void MultiplyTiles(in TileRun run);

    /// <summary>Stored rows times one tile of few tokens: lanes += products.</summary>
    public abstract void FewTokens(in FewTokenRun run);
}

/// <summary>
/// Operands of <see cref="DenseKernel.MultiplyTiles"/>. Lanes: [tile][4 tokens][6 rows][16], zeros taken for them in the first panel. After the last panel sums of six
/// rows stand at each token's place in <paramref name="Sums"/>, two floats behind them are spoiled. Each vector of each tile asks for a line of what is
/// wanted next: <paramref name="Next"/>, a stride on for each tile.
/// </summary>
internal readonly unsafe record struct TileRun(
    nint Panel, nint Tokens, int VectorCount, int TileCount, nint Lanes, nint Sums, bool IsFirst, bool IsLast, nint Next, nint NextStride);

/// <summary>
/// Operands of <see cref="DenseKernel.FewTokens"/>. Lanes: [row][token][16]. <paramref name="Next"/> bytes behind each row lies what is wanted next; 0: nothing is asked for.
/// </summary>
internal readonly record struct FewTokenRun(StoredRows Rows, nint Tokens, int TokenCount, int StepCount, nint Lanes, nint Next);
