// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

/// <summary>Each kernel against the contract written as a plain loop: the same bits.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed unsafe class VnniKernelTests(bool hasVbmi)
{
    private VnniKernels _kernels = null!;

    [OneTimeSetUp]
    public void Create() => _kernels = VnniTest.KernelsOrSkip(hasVbmi);

    [OneTimeTearDown]
    public void Dispose() => _kernels?.Dispose();

    [Test]
    public void Panel_AnyValues_GivesTheContractsBits(
        [Values(1, 2, 3, 32, 160)] int blockCount, [Values] bool hasOffsets, [Values] VnniValues values)
    {
        var random = new VnniOperands(blockCount, VnniKernels.PanelTiles, VnniKernels.PanelTokens, hasOffsets, values);
        float[] sums = [.. random.Sums];
        fixed (byte* weights = random.PanelWeights())
        fixed (float* scales = random.PanelScales(random.Scales), offsets = random.PanelScales(random.Offsets))
        fixed (sbyte* tokens = random.StepTokens())
        fixed (float* tokenScales = random.TokenScales, tokenSums = random.TokenSums())
        fixed (int* starts = random.TokenStarts())
        fixed (float* result = sums)
        {
            var arguments = new PanelArguments
            {
                Weights = weights,
                WeightScales = scales,
                WeightOffsets = offsets,
                Tokens = tokens,
                TokenScales = tokenScales,
                TokenStarts = starts,
                TokenSums = tokenSums,
                BlockCount = blockCount,
                Sums = result,
            };
            _kernels.Panel(hasOffsets)(&arguments);
        }

        VnniTest.AssertSameBits(sums, random.Expected());
    }

    [Test]
    public void FewTokens_AnyValues_GivesTheContractsBits(
        [Values(1, 2, 160)] int blockCount, [Range(1, 8)] int tokenCount, [Values(0, 1, 2)] int variant, [Values] VnniValues values)
    {
        WeightFormat format = variant == 0 ? WeightFormat.Int8 : WeightFormat.Int4;
        bool hasOffsets = variant == 2;
        var random = new VnniOperands(blockCount, 1, tokenCount, hasOffsets, values, format);
        float[] sums = [.. random.Sums];
        fixed (byte* codes = random.StoredCodes())
        fixed (Half* scales = random.Scales, offsets = random.Offsets)
        fixed (sbyte* tokens = random.StepTokens())
        fixed (float* tokenScales = random.TokenScales, tokenSums = random.TokenSums())
        fixed (int* starts = random.TokenStarts())
        fixed (float* result = sums)
        {
            var arguments = new FewTokenArguments
            {
                Table = random.BiasedTable(),
                Codes = codes,
                Scales = (ushort*)scales,
                Offsets = (ushort*)offsets,
                Tokens = tokens,
                TokenScales = tokenScales,
                TokenStarts = starts,
                TokenSums = tokenSums,
                BlockCount = blockCount,
                Sums = result,
            };
            _kernels.FewTokens(format, hasOffsets, tokenCount)(&arguments);
        }

        VnniTest.AssertSameBits(sums, random.Expected());
    }

    [TestCase(WeightFormat.Int8, true, 1)]
    [TestCase(WeightFormat.Float, false, 1)]
    [TestCase(WeightFormat.Int4, false, 0)]
    [TestCase(WeightFormat.Int4, false, 9)]
    public void FewTokens_VariantThatDoesNotExist_IsRefused(WeightFormat format, bool hasOffsets, int tokenCount)
        => Assert.That(() => (nint)_kernels.FewTokens(format, hasOffsets, tokenCount), Throws.InstanceOf<NotSupportedException>());

    [Test]
    public void Kernels_OnceDisposed_GiveNoPointer()
    {
        VnniKernels kernels = VnniTest.KernelsOrSkip(hasVbmi);
        kernels.Dispose();
        Assert.That(() => (nint)kernels.Panel(false), Throws.InstanceOf<ObjectDisposedException>());
    }
}
