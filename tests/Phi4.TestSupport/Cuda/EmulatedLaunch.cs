// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport.Cuda;

/// <summary>A launch as the driver was asked for it.</summary>
internal readonly record struct EmulatedLaunch(string Kernel, uint GridX, uint GridY, uint GridZ, uint Block, uint SharedBytes, bool Overlaps);
