// SPDX-License-Identifier: MIT
namespace Phi4.Benchmarks.Measuring;

/// <summary>What one call does at least: bytes that it reads and operations of its products, a multiply and an add counted one each.</summary>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Operations">0 where there are no products to speak of.</param>
/// <param name="Products">The instruction that multiplies.</param>
internal sealed record Work(double Bytes, double Operations = 0, Product Products = Product.F32);

/// <summary>By what products are multiplied.</summary>
internal enum Product
{
    /// <summary>F32 multiply-adds.</summary>
    F32,

    /// <summary>Dot products of BF16, where there are any; else as <see cref="F32"/>.</summary>
    BFloat16,

    /// <summary>Dot products of bytes, where there are any; else as <see cref="F32"/>.</summary>
    Int8,
}
