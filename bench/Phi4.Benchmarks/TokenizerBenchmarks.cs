// SPDX-License-Identifier: MIT
using System.IO.Compression;
using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Microsoft.ML.Tokenizers;
using Phi4.Benchmarks.Measuring;
using Phi4.TestSupport;
using Phi4.Tokenizer;

namespace Phi4.Benchmarks;

/// <summary>Encoding and decoding against Microsoft.ML.Tokenizers: the same texts, the same ids, one thread, one run.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
[CategoriesColumn]
public class TokenizerBenchmarks : MeasuredBenchmarks
{
    private Phi4Tokenizer _tokenizer = null!;
    private TiktokenTokenizer _rival = null!;
    private string _text = "";
    private int[] _ids = [];

    /// <summary>Which text.</summary>
    [Params("English", "Code", "Cjk")]
    public string Corpus { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        MeasureCeilings();
        using var json = new GZipStream(File.OpenRead(Goldens.Tokenizer("phi4-shaped-tokenizer.json.gz")), CompressionMode.Decompress);
        _tokenizer = Phi4Tokenizer.FromTokenizerJson(json);
        _rival = TiktokenTokenizer.CreateForEncoding("cl100k_base");
        _text = TokenizerCorpus.Make(Corpus);
        _ids = _tokenizer.Encode(_text);
        if (!_ids.SequenceEqual(_rival.EncodeToIds(_text)) || _rival.Decode(_ids) != _text || _tokenizer.Decode(_ids) != _text)
        {
            throw new InvalidOperationException($"The two tokenizers disagree on {Corpus}.");
        }

        Console.WriteLine($"// {Corpus}: {_text.Length} characters, {Encoding.UTF8.GetByteCount(_text)} bytes, {_ids.Length} tokens");
    }

    [Benchmark(Baseline = true), BenchmarkCategory("Encode")]
    public int EncodeRival() => _rival.EncodeToIds(_text).Count;

    [Benchmark, BenchmarkCategory("Encode")]
    public int Encode() => _tokenizer.Encode(_text).Length;

    [Benchmark(Baseline = true), BenchmarkCategory("Decode")]
    public int DecodeRival() => _rival.Decode(_ids)!.Length;

    [Benchmark, BenchmarkCategory("Decode")]
    public int Decode() => _tokenizer.Decode(_ids).Length;

    [Benchmark(Baseline = true), BenchmarkCategory("Count")]
    public int CountRival() => _rival.CountTokens(_text);

    [Benchmark, BenchmarkCategory("Count")]
    public int Count() => _tokenizer.Count(_text);

    // Text in or out; the ceiling is reading that text and doing nothing with it.
    internal override Work WorkOf(string method) => new(Encoding.UTF8.GetByteCount(TokenizerCorpus.Make(Corpus)));
}
