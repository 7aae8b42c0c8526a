// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.TestSupport;

namespace Phi4.Benchmarks;

/// <summary>Texts for the tokenizer's benchmarks, made of what the repository holds; the same commit gives the same texts.</summary>
internal static class TokenizerCorpus
{
    private const int TargetLength = 200_000;
    private const int ClausesPerLine = 6;

    private static readonly string[] Clauses =
    [
        "今天天气很好", "我们一起去公园散步", "语言模型可以生成文本", "请用中文回答这个问题", "历史悠久的城市", "经济发展的速度", "他每天早上喝一杯咖啡", "这本书的作者是谁",
        "数据库的查询结果", "春天的花开得很美", "在图书馆里学习数学", "火车从北京开往上海", "明天可能会下雨", "科学家发现了新的物种", "音乐让人感到快乐",
        "日本語の文章を読みます", "東京は大きな都市です", "昨日は友達と映画を見ました", "機械学習の研究をしている", "コンピュータの性能が向上した", "新しいプログラムを書く",
        "電車で会社に行きます", "この料理はとてもおいしい", "図書館で本を借りた", "夏休みに海へ行きたい", "オブジェクト指向の設計", "データを分析する方法",
        "오늘은 날씨가 좋습니다", "서울은 한국의 수도입니다", "저는 매일 아침 운동을 합니다", "새로운 기술을 배우고 싶다", "도서관에서 책을 읽었다", "인공지능 모델을 학습시킨다",
        "커피 한 잔 주세요", "주말에 영화를 볼 예정이다",
    ];

    private static readonly string[] Marks = ["，", "。", "、", "！", "？", "：", " "];

    public static string Make(string name) => name switch
    {
        "English" => Fill(Files("*.md", "docs", "samples", "src", "tools", "tests").Concat(Files("evaluation.jsonl", "samples"))),
        "Code" => Fill(Files("*.cs", "src", "tests")),
        "Cjk" => MakeCjk(),
        _ => throw new ArgumentException($"No corpus '{name}'.", nameof(name)),
    };

    private static IEnumerable<string> Files(string pattern, params string[] folders) => folders
        .Select(folder => Repository.PathTo(folder))
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
        .Order(StringComparer.Ordinal);

    private static string Fill(IEnumerable<string> files)
    {
        var text = new StringBuilder();
        foreach (string file in files)
        {
            // The rival errs above U+FFFF and always parses special tokens; both must do the same work here.
            text.Append(string.Concat(File.ReadAllText(file).Where(unit => !char.IsSurrogate(unit))).Replace("<|", "<", StringComparison.Ordinal));
            if (text.Length >= TargetLength)
            {
                break;
            }
        }

        return text.ToString(0, Math.Min(text.Length, TargetLength));
    }

    private static string MakeCjk()
    {
        var text = new StringBuilder();
        uint seed = 20260101;
        for (int i = 1; text.Length < TargetLength / 2; i++)
        {
            text.Append(Part()).Append(Part()).Append(Marks[Next(Marks.Length)]).Append(i % ClausesPerLine == 0 ? "\n" : "");
        }

        return text.ToString();

        // Clauses that hardly ever repeat, as in real text: the beginning of one and the end of another.
        string Part()
        {
            string clause = Clauses[Next(Clauses.Length)];
            int cut = 2 + Next(clause.Length - 3);
            return Next(2) == 0 ? clause[..cut] : clause[cut..];
        }

        int Next(int count)
        {
            seed = (seed * 1664525) + 1013904223;
            return (int)((seed >> 8) % (uint)count);
        }
    }
}
